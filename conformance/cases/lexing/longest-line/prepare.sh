{
  echo FROM scratch
  printf 'LABEL a='
  head -c 65526 /dev/zero | tr '\0' x
  echo
} > Dockerfile
