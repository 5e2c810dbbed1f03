mkdir d
echo 1 > d/f
setcap cap_net_raw+ep d/f
