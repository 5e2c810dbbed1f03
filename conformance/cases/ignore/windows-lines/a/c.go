x of ignore/windows-lines
