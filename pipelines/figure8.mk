# Figure 8: figure 2 with LSTMs in place of GRUs.

FIGURE8_TYPES := $(LSTM_MULTI_OBJECT) $(LSTM_SAME_OBJECT) $(TRANSFORMER_MULTI_OBJECT)

$(call mas-and-rsa,figure8,$(FIGURE8_TYPES))
figure8:  ## the same with LSTMs for GRUs
