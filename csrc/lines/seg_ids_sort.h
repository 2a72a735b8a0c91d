/* The distinct ids of a table in order. For seg_ids.c only. */
#ifndef SEG_IDS_SORT_H
#define SEG_IDS_SORT_H

#include "seg_context.h"
#include "seg_ids_isa.h"

/* Sorts the codes of a table by their ids: numbers by value, texts by bytes, a text before its
 * continuations.
 *
 *   ints         whether the ids are numbers
 *   order  OUT   (count,) codes, that of the least id first
 *
 * Radix sorts of the keys; texts that share 11 bytes and are longer are merged. SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_ids_sort(const seg_context *ctx,
                                     const seg_ids_table *table,
                                     int ints,
                                     int32_t *order);

#endif
