x of ignore/dot
