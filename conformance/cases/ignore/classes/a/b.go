x of ignore/classes
