x of ignore/metacharacters
