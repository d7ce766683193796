/* lstm.cu - arch/lstm.c on a card. */
#include "../device/recurrent.cuh"

/* kern_lstm and kern_lstm_back; keep has the planes of kern.c. */
struct lstm {
    enum { GATES = 4, SUMMED = 4, STATE = 2, KEPT = 6 };

    __device__ static void step(float *s, float *keep, const float *x,
                                const float *u, const float *,
                                const float *s0, int k, int C)
    {
        float c0 = s0[C + k], i = sigmoid(x[k] + u[k]);
        float f = sigmoid(x[C + k] + u[C + k]);
        float g = tanhf(x[2 * C + k] + u[2 * C + k]);
        float o = sigmoid(x[3 * C + k] + u[3 * C + k]);
        float c = f * c0 + i * g, t = tanhf(c);

        s[C + k] = c;
        s[k] = o * t;
        if (!keep)
            return;
        keep[k] = g * i * (1 - i);
        keep[C + k] = c0 * f * (1 - f);
        keep[2 * C + k] = i * (1 - g * g);
        keep[3 * C + k] = t * o * (1 - o);
        keep[4 * C + k] = f;
        keep[5 * C + k] = o * (1 - t * t);
    }

    __device__ static void back(float *dgh, float *, float *ds0,
                                const float *ds, const float *keep, int k,
                                int C)
    {
        float dh = ds[k], dc = ds[C + k] + dh * keep[5 * C + k];

        dgh[k] = dc * keep[k];
        dgh[C + k] = dc * keep[C + k];
        dgh[2 * C + k] = dc * keep[2 * C + k];
        dgh[3 * C + k] = dh * keep[3 * C + k];
        ds0[k] = 0;
        ds0[C + k] = dc * keep[4 * C + k];
    }
};

extern "C" const struct card_arch card_lstm = {
    "lstm", CELL_ROWS, room_of<lstm>, scratch_of<lstm>, record<lstm>,
    train<lstm>, go_on<lstm>, NULL, prepare<lstm>
};
