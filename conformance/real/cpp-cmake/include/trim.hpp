#pragma once
#include <span>

/// Moment about the middle of the ship: weights by distance, even spacing.
double moment(std::span<const double> weights);
