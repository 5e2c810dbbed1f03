<?php
declare(strict_types=1);

header('Content-Type: text/plain');
$account = posix_getpwuid(posix_geteuid());
printf("%s by %s with PHP %d\n", $_GET['ship'] ?? 'nobody', $account['name'], PHP_MAJOR_VERSION);
