truncate -s 300000 big
printf end >> big
