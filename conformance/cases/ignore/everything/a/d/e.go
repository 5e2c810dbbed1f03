x of ignore/everything
