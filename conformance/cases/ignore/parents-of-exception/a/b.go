x of ignore/parents-of-exception
