x of ignore/directory-with-deep-exception
