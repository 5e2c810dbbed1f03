x of ignore/mount-sees-filtered
