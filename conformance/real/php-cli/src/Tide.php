<?php
declare(strict_types=1);

namespace Harbour;

final class Tide
{
    public function __construct(private readonly int $range)
    {
    }

    /** Rule of twelfths: rise in each of the six hours. */
    public function rises(): array
    {
        return array_map(fn (int $twelfths): int => intdiv($this->range * $twelfths, 12), [1, 2, 3, 3, 2, 1]);
    }
}
