x of ignore/in-subdirectory-means-nothing
