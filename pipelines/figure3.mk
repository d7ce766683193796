# Figure 3: Arithmetic GRUs against themselves, Multi-Object and Same-Object
# GRUs. Do numbers that are computed with share a code with numbers that count?

FIGURE3_AA := $(call pairs,$(GRU_ARITHMETIC),$(GRU_ARITHMETIC))
FIGURE3_AM := $(call pairs,$(GRU_ARITHMETIC),$(GRU_MULTI_OBJECT))
FIGURE3_AS := $(call pairs,$(GRU_ARITHMETIC),$(GRU_SAME_OBJECT))

FIGURE3 := \
    $(call each,mas,$(FIGURE3_AA),cumu_val cumu_val) $(call each,mas,$(FIGURE3_AA),rem_ops rem_ops) \
    $(call each,mas,$(FIGURE3_AM),rem_ops count) $(call each,mas,$(FIGURE3_AM),cumu_val count) \
    $(call each,mas,$(FIGURE3_AS),rem_ops count) $(call each,mas,$(FIGURE3_AS),cumu_val count)

FIGURE3_NULL := \
    $(call first-null,mas,$(FIGURE3_AA),cumu_val cumu_val) $(call first-null,mas,$(FIGURE3_AA),rem_ops rem_ops) \
    $(call first-null,mas,$(FIGURE3_AM),rem_ops count) $(call first-null,mas,$(FIGURE3_AM),cumu_val count) \
    $(call first-null,mas,$(FIGURE3_AS),rem_ops count) $(call first-null,mas,$(FIGURE3_AS),cumu_val count)

FIGURE3_CEILING := \
    $(call each-das,das,$(GRU_ARITHMETIC),cumu_val) $(call each-das,das,$(GRU_ARITHMETIC),rem_ops) \
    $(call each-das,das,$(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT),count)

$(call figure,figure3,$(FIGURE3),$(FIGURE3_NULL),$(FIGURE3_CEILING),$(call each-rsa,$(FIGURE3_AA),hidden))
figure3:  ## MAS between arithmetic and counting GRUs
