# Figures 6, 9 and 10: MAS, UniMAS and CMAS by direction. How far do recordings
# stand in for a model that cannot be run? Figure 6: Full between Multi-Object
# GRUs; 9: Full between all recurrent models; 10: Count.

FIGURE6 := $(call each,mas unimas cmas,$(call pairs,$(GRU_MULTI_OBJECT),$(GRU_MULTI_OBJECT)),full full)

RECURRENT_PAIRS := $(call all-pairs,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT)) $(call all-pairs,$(LSTM_MULTI_OBJECT) $(LSTM_SAME_OBJECT))

$(call figure,figure6,$(FIGURE6))
figure6:  ## MAS, UniMAS, CMAS by direction: Full, Multi-Object GRUs
$(call figure,figure9,$(call each,mas unimas cmas,$(RECURRENT_PAIRS),full full))
figure9:  ## the same for all recurrent models
$(call figure,figure10,$(call each,mas unimas cmas,$(RECURRENT_PAIRS),count count))
figure10:  ## the same for Count
