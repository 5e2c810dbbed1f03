x of ignore/file-is-hidden
