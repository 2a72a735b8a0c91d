/* Status codes in English. */
#ifndef SEG_STATUS_H
#define SEG_STATUS_H

#include "seg_base.h"

/* A short sentence without a full stop for every status; "unknown status" for anything else. */
const char *seg_status_text(seg_status status);

#endif
