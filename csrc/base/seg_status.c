#include "seg_status.h"

const char *
seg_status_text(seg_status status)
{
    switch (status) {
    case SEG_OK:
        return "done";
    case SEG_ERR_NOMEM:
        return "not enough memory";
    case SEG_ERR_ARG:
        return "an argument breaks the contract";
    case SEG_ERR_CANCELLED:
        return "cancelled";
    case SEG_ERR_MONEY:
        return "an amount is NaN, infinite or 2^44 and above";
    case SEG_ERR_DATE:
        return "a date is missing";
    case SEG_ERR_CODE:
        return "a code is outside its range";
    case SEG_ERR_TOO_MANY:
        return "2^31 - 257 distinct ids or more";
    case SEG_ERR_NUMBER:
        return "a value is NaN or infinite";
    case SEG_ERR_TEXT:
        return "a text could not be read";
    }
    return "unknown status";
}
