x of ignore/no-newline-at-end
