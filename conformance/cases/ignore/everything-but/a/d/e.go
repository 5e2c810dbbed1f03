x of ignore/everything-but
