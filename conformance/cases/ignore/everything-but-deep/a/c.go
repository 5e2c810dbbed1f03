x of ignore/everything-but-deep
