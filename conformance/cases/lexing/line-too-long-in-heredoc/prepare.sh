{
  echo FROM scratch
  echo 'COPY <<E /f'
  head -c 65536 /dev/zero | tr '\0' x
  echo
  echo E
} > Dockerfile
