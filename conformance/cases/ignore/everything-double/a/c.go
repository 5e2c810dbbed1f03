x of ignore/everything-double
