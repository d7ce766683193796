# Figure 8: figure 2 with LSTMs in place of GRUs.

FIGURE8_TYPES := $(LSTM_MULTI_OBJECT) $(LSTM_SAME_OBJECT) $(TRANSFORMER_MULTI_OBJECT)

# An LSTM's state is twice as wide as a transformer's: between the two K is half
# of the narrower one.
FIGURE8_MIXED := $(foreach v,full count,$(call each-das,das-k$(HALF),$(LSTM_MULTI_OBJECT) $(LSTM_SAME_OBJECT),$v))

$(call mas-and-rsa,figure8,$(FIGURE8_TYPES),$(FIGURE8_MIXED))
figure8:  ## MAS and RSA: Multi- and Same-Object LSTMs, Multi-Object transformers
