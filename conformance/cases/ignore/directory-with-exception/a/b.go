x of ignore/directory-with-exception
