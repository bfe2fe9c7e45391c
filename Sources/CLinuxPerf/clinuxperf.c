#include "clinuxperf.h"
