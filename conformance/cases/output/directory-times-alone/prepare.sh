mkdir -p e tree/sub/deep
