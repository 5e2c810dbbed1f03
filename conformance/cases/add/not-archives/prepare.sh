: > empty
echo no archive at all > text.tar
head -c 1024 /dev/zero > zeros.tar
mkdir d && echo 1 > d/f && tar --mtime=@1500000000 -cf whole.tar d && head -c 300 whole.tar > half.tar
printf 'PK\003\004aaaaaaaaaaaaaaaaaaaaaaaaaa' > z.zip
rm -r d
