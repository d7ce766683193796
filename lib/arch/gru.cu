/* gru.cu - arch/gru.c on a card. */
#include "../device/recurrent.cuh"

/* kern_gru and kern_gru_back; keep has the planes of kern.c. */
struct gru {
    enum { GATES = 3, SUMMED = 2, STATE = 1, KEPT = 5 };

    __device__ static void step(float *h, float *keep, const float *x,
                                const float *u, const float *bn,
                                const float *h0, int i, int C)
    {
        float un = u[2 * C + i] + bn[i], old = h0[i];
        float r = sigmoid(x[i] + u[i]), z = sigmoid(x[C + i] + u[C + i]);
        float n = tanhf(x[2 * C + i] + r * un);
        float dxn = (1 - z) * (1 - n * n);

        h[i] = (1 - z) * n + z * old;
        if (!keep)
            return;
        keep[i] = dxn * un * r * (1 - r);
        keep[C + i] = (old - n) * z * (1 - z);
        keep[2 * C + i] = dxn * r;
        keep[3 * C + i] = dxn;
        keep[4 * C + i] = z;
    }

    __device__ static void back(float *dgh, float *dxn, float *dh0,
                                const float *dh, const float *keep, int i,
                                int C)
    {
        float d = dh[i];

        dgh[i] = d * keep[i];
        dgh[C + i] = d * keep[C + i];
        dgh[2 * C + i] = d * keep[2 * C + i];
        dh0[i] = d * keep[4 * C + i];
        if (dxn)
            dxn[i] = d * keep[3 * C + i];
    }
};

extern "C" const struct card_arch card_gru = {
    "gru", CELL_ROWS, room_of<gru>, scratch_of<gru>, record<gru>,
    train<gru>, go_on<gru>, NULL, prepare<gru>
};
