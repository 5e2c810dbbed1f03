echo just text > f
gzip -nk f
bzip2 -k f
zstd -q f
