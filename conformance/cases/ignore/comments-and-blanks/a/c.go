x of ignore/comments-and-blanks
