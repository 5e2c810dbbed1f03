x of ignore/dot-dot
