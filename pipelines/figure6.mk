# Figures 6, 9 and 10: MAS, UniMAS and CMAS by direction. How far do recordings
# stand in for a model that cannot be run? Figure 6: Full between Multi-Object
# GRUs; 9: Full between all recurrent models of one kind of cell; 10: Count.

HOLDING := mas unimas cmas
GRUS    := $(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT)
LSTMS   := $(LSTM_MULTI_OBJECT) $(LSTM_SAME_OBJECT)

# holding,NAME,PAIRS OF TYPES,VARIABLE
holding = $(call figure,$1,\
    $(foreach t,$2,$(call each,$(HOLDING),$(call type-pairs,$t),$3 $3)),\
    $(foreach t,$2,$(call first-null,$(HOLDING),$(call type-pairs,$t),$3 $3)),\
    $(call each-das,das,$(sort $(foreach t,$2,$(call two,$t))),$3),\
    $(foreach t,$2,$(call each-rsa,$(call type-pairs,$t),hidden)))

$(call holding,figure6,$(GRU_MULTI_OBJECT)+$(GRU_MULTI_OBJECT),full)
figure6:  ## MAS, UniMAS and CMAS by direction: Full, Multi-Object GRUs
$(call holding,figure9,$(call triangle,$(GRUS)) $(call triangle,$(LSTMS)),full)
figure9:  ## MAS, UniMAS and CMAS by direction: Full, all recurrent models
$(call holding,figure10,$(call triangle,$(GRUS)) $(call triangle,$(LSTMS)),count)
figure10:  ## MAS, UniMAS and CMAS by direction: Count, all recurrent models
