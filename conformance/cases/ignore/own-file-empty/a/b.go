x of ignore/own-file-empty
