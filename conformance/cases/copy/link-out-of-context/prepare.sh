ln -s ../../../../x l
ln -s /../../d m
