x of ignore/long-list
