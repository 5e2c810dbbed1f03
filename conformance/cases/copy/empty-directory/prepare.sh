mkdir -p e/nested/deep
