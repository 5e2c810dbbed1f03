x of ignore/case-counts
