x of ignore/byte-order-mark
