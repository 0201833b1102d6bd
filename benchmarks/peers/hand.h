/* The problems in C, with derivatives derived by hand: values and Jacobians (or Hessians) from dimensions, point and data. The mathematics and the layouts
   are described in the C# files of ../Problems. `work` has at least work_size numbers, and is kept from call to call. */
#ifndef HAND_H
#define HAND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void Function(const int64_t *dimensions, long n, const double *x, const double *data, double *work, double *result);

typedef struct {
    const char *name;
    Function *value, *derivative;
    long (*results)(const int64_t *dimensions, long n), (*entries)(const int64_t *dimensions, long n), (*work_size)(const int64_t *dimensions, long n);
} Problem;

extern const Problem hand_problems[];
extern const int hand_problem_count;

#ifdef __cplusplus
}
#endif
#endif
