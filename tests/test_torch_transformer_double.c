/* The same against the library in double precision. */
#include "test_torch_transformer.c"
