# Figure 5: a counting system built by hand, whose count a linear map can move and
# no exchange of a subspace can.

FIGURE5_ONE  := $(call member,$(THREE_PART),1)
FIGURE5_TWO  := $(call member,$(THREE_PART),2)
FIGURE5_PAIR := $(FIGURE5_ONE)+$(FIGURE5_TWO)

FIGURE5 := $(call each-way,linear-map linear-map-affine,$(FIGURE5_PAIR),count count) \
    $(call each,mas-k1 mas-k2 mas-k3,$(FIGURE5_PAIR),count count)

FIGURE5_NULL := $(call null-way,linear-map linear-map-affine,$(FIGURE5_PAIR),count count) \
    $(call first-null,mas-k1 mas-k2 mas-k3,$(FIGURE5_PAIR),count count)
FIGURE5_CEILING := $(foreach k,1 2 3,$(foreach s,$(FIGURE5_ONE) $(FIGURE5_TWO),$(call by,das-k$k,$s,count)))

$(call figure,figure5,$(FIGURE5),$(FIGURE5_NULL),$(FIGURE5_CEILING),,$(call need-act,$(FIGURE5_ONE),rsa))
figure5:  ## the hand-built three-part system: trajectories and IIA
