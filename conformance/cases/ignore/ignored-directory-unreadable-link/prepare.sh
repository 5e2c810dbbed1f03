ln -s /nowhere broken; ln -s loop loop2; ln -s loop2 loop
