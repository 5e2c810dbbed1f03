x of ignore/class-not-of-commas
