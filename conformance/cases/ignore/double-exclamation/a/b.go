x of ignore/double-exclamation
