#include "h5file.h"

const char version_text[] = VERSION, version_commit[] = COMMIT;
