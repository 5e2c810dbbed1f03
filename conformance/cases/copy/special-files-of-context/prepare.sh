mkdir d
mkfifo d/pipe
echo 1 > d/f
