x of ignore/empty-file
