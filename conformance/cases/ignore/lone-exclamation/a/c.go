x of ignore/lone-exclamation
