#include "trim.hpp"

int main() {
  const double even[] = {1, 2, 1};
  const double head[] = {0, 0, 1};
  return moment(even) == 0 && moment(head) > 0 ? 0 : 1;
}
