<?php
declare(strict_types=1);

spl_autoload_register(function (string $class): void {
    require 'phar://tides.phar/src/' . basename(str_replace('\\', '/', $class)) . '.php';
});
echo implode(' ', (new Harbour\Tide((int) ($argv[1] ?? 12)))->rises()), "\n";
